"""What partner systems report by Open311: taken in, filed or put before an official, told to those who call back."""
