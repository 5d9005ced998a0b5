"""What a person sees: the studies of the run, opened in the real OHIF (only with --viewer).

Its requests, console and pictures are judged; what the requests should return, the other rooms judge.
"""
