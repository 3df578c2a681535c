"""The parts of reading logs: windows, headers, proofs, several endpoints, what was read before."""
