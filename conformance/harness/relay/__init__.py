"""Between a browser of this machine and the endpoint: a server on loopback that passes on reads of some studies."""
