"""The one-step operator of Bucarey et al. and the stage games that it solves."""
