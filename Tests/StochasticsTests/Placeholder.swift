// Tests of Stochastics.
