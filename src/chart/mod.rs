//! Where the shore, the ports and the zones are. (Interface sketch; being built.)
