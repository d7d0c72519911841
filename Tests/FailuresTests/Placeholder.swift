// Tests of Failures.
