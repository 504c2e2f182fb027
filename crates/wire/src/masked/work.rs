//! How much is looked at, so that a test can tell that masking takes time in proportion to a text's length.

#[cfg(test)]
std::thread_local! {
    static BYTES: core::cell::Cell<usize> = const { core::cell::Cell::new(0) };
}

/// Says that so many bytes were searched.
#[inline]
pub(super) fn looked_at(bytes: usize) {
    #[cfg(test)]
    BYTES.with(|all| all.set(all.get() + bytes));
    #[cfg(not(test))]
    let _ = bytes;
}

/// How many bytes were searched in this thread since it was asked last.
#[cfg(test)]
pub(super) fn taken() -> usize {
    BYTES.with(core::cell::Cell::take)
}
