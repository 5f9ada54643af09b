//! Ascending numbers, told by the gaps between them: most gaps of a long list take one byte.

use serde::{Deserialize, Serialize};

/// Numbers in ascending order, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Numbers(Vec<u8>);

impl Numbers {
    /// Keeps numbers, in whatever order they come.
    pub fn new(mut numbers: Vec<u32>) -> Self {
        numbers.sort_unstable();
        numbers.dedup();
        let mut bytes = Vec::with_capacity(numbers.len() + 8);
        let mut last = 0;
        for number in numbers {
            let mut gap = number - last;
            while gap >= 0x80 {
                bytes.push((gap & 0x7f) as u8 | 0x80);
                gap >>= 7;
            }
            bytes.push(gap as u8);
            last = number;
        }
        bytes.shrink_to_fit();
        Self(bytes)
    }

    /// The numbers. Of bytes that nobody has made from numbers, some numbers.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        let mut bytes = self.0.iter();
        let mut last = 0_u32;
        std::iter::from_fn(move || {
            let (mut gap, mut shift) = (0_u32, 0);
            loop {
                let byte = *bytes.next()?;
                gap |= u32::from(byte & 0x7f).checked_shl(shift).unwrap_or_default();
                shift += 7;
                if byte < 0x80 {
                    break;
                }
            }
            last = last.saturating_add(gap);
            Some(last)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_are_kept(numbers in prop::collection::btree_set(any::<u32>(), 0..40)) {
            let kept = Numbers::new(numbers.iter().rev().copied().collect());
            prop_assert!(kept.iter().eq(numbers));
        }

        #[test]
        fn any_bytes_are_some_numbers(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let numbers = Numbers(bytes);
            prop_assert!(numbers.iter().count() <= 40);
        }
    }
}
