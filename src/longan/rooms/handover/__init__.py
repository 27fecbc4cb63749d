"""Reports that another system handles: handed over to it by Open311, and followed there."""
