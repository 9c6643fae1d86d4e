//! Unsigned integers of any size, for the exact rounding of numbers.

use alloc::vec::Vec;
use core::cmp::Ordering;

/// Limbs of 32 bits, the lowest first, none of them a leading zero.
pub struct Big(Vec<u32>);

impl Big {
    pub fn from(value: u64) -> Big {
        let mut big = Big([value as u32, (value >> 32) as u32].to_vec());
        big.trim();
        big
    }

    pub fn bits(&self) -> i32 {
        self.0.last().map_or(0, |top| 32 * self.0.len() as i32 - top.leading_zeros() as i32)
    }

    pub fn multiply_add(&mut self, factor: u32, carry: u32) {
        let mut carry = u64::from(carry);
        for limb in &mut self.0 {
            carry += u64::from(*limb) * u64::from(factor);
            *limb = carry as u32;
            carry >>= 32;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    pub fn shift_left(&mut self, bits: u32) {
        self.multiply_add(1 << (bits % 32), 0);
        if !self.0.is_empty() {
            self.0.splice(0..0, (0..bits / 32).map(|_| 0));
        }
    }

    pub fn compare(&self, other: &Big) -> Ordering {
        let highest_first = || self.0.iter().rev().cmp(other.0.iter().rev());
        self.0.len().cmp(&other.0.len()).then_with(highest_first)
    }

    pub fn plus(&self, other: &Big) -> Big {
        let (long, short) =
            if self.0.len() < other.0.len() { (other, self) } else { (self, other) };
        let mut sum = Vec::with_capacity(long.0.len() + 1);
        let mut carry = 0;
        for (i, &limb) in long.0.iter().enumerate() {
            carry += u64::from(limb) + u64::from(short.limb(i));
            sum.push(carry as u32);
            carry >>= 32;
        }
        sum.push(carry as u32);
        let mut sum = Big(sum);
        sum.trim();
        sum
    }

    /// Takes away what must not be larger.
    pub fn subtract(&mut self, other: &Big) {
        let mut borrow = false;
        for (i, limb) in self.0.iter_mut().enumerate() {
            let (less, first) = limb.overflowing_sub(other.limb(i));
            let (less, second) = less.overflowing_sub(u32::from(borrow));
            borrow = first | second;
            *limb = less;
        }
        self.trim();
    }

    fn limb(&self, i: usize) -> u32 {
        self.0.get(i).copied().unwrap_or(0)
    }

    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }
}
