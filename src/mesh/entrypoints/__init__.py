"""Where the world comes in: HTTP, the socket, the command line, and the Lambdas."""
