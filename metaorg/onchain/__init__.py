"""One thin client per contract, and how calls reach a chain. web3 lives here only."""
