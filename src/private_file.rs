//! private_file
