// A package with assembly may declare functions without a body, as tape.go does.
