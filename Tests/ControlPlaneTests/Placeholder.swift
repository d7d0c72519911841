// Tests of ControlPlane.
