"""What the law has for whoever lives somewhere: social housing by the rules of a day, telling of a stay."""
