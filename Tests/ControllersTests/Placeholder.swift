// Tests of Controllers.
