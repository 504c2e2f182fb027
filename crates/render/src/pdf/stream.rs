//! Streams of a file, packed.

use miniz_oxide::deflate::compress_to_vec_zlib;

/// Level 3 of 9: level 6 saves one byte in a hundred and costs a tenth of the whole time.
const DEFLATE_LEVEL: u8 = 3;

/// A stream's bytes as PDF's `FlateDecode` unpacks them.
pub(super) fn deflated(bytes: &[u8]) -> Vec<u8> {
    compress_to_vec_zlib(bytes, DEFLATE_LEVEL)
}
