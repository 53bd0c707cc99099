// The manifest beside this file fetches sources; there is nothing to compile.
