"""One exchange: the request as a check wrote it, the ledger before a store, the evidence of the response."""
