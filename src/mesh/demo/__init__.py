"""The simulated MSP world. Every row it makes says `simulated: true`."""
