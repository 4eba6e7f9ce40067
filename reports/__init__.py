"""What can be told of a deployment from its templates alone: its price, who may do what, and a picture."""
