// Tests of Scenarios.
