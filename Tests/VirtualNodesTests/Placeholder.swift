// Tests of VirtualNodes.
