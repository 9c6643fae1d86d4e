//! Numbers as JavaScript reads and writes them, from text to text: JSON's numbers mean doubles, so
//! 0.1000000000000000055 is 0.1 and 2.50e1 is 25. Up to fifteen digits name a double of their own
//! and only need tidying; more are rounded exactly, with big integers (Steele and White's
//! free-format printing behind a long division). Rust's own f64 would do but for one last digit in
//! a tie, and would make the module three times as large.

use crate::big::Big;
use alloc::{string::String, vec::Vec};
use core::cmp::Ordering::{Equal, Greater, Less};

const MAX_AGE: u32 = 150;

/// No point half-way between two doubles has more; what follows is only "some" or "none".
const MAX_DIGITS: usize = 800;

/// 0.d1d2d3… × 10^point, without zeros at either end; no digits is zero.
pub struct Age {
    digits: Vec<u8>,
    point: i32,
}

impl Age {
    /// Reads a JSON number; nothing when the double it names is below 0 or above 150.
    pub fn parse(text: &str) -> Option<Age> {
        let plain = text.strip_prefix('-');
        let mut age = Age::digits_of(plain.unwrap_or(text));
        if age.point > 3 {
            return None;
        }
        if age.point < -330 {
            age = Age::zero();
        }
        // Below 1e-300, doubles thin out and fifteen digits are too many.
        if age.digits.len() > 15 || age.point < -300 {
            age = age.shortest();
        }
        if age.digits.is_empty() {
            return Some(age);
        }
        let whole = (0..3).fold(0, |sum, i| sum * 10 + u32::from(age.digit(i)));
        let fits = age.point < 3 || whole < MAX_AGE || (whole == MAX_AGE && age.digits.len() <= 3);
        (fits && plain.is_none()).then_some(age)
    }

    /// Writes it as JavaScript does: with an exponent only below a millionth.
    pub fn write(&self, out: &mut String) {
        let count = self.digits.len() as i32;
        let ascii = |i: i32| (b'0' + if i < 0 { 0 } else { self.digit(i as usize) }) as char;
        if count == 0 {
            out.push('0');
        } else if self.point > -6 {
            let first = if self.point < 1 { self.point - 1 } else { 0 };
            for i in first..count.max(self.point) {
                if i == self.point && i > first {
                    out.push('.');
                }
                out.push(ascii(i));
            }
        } else {
            out.push(ascii(0));
            if count > 1 {
                out.push('.');
            }
            out.extend((1..count).map(ascii));
            out.push_str("e-");
            let power = (1 - self.point) as u32;
            for unit in [100, 10, 1] {
                if power >= unit {
                    out.push((b'0' + (power / unit % 10) as u8) as char);
                }
            }
        }
    }

    fn zero() -> Age {
        Age { digits: Vec::new(), point: 0 }
    }

    fn digit(&self, i: usize) -> u8 {
        self.digits.get(i).copied().unwrap_or(0)
    }

    fn without_trailing_zeros(mut self) -> Age {
        while self.digits.last() == Some(&0) {
            self.digits.pop();
        }
        if self.digits.is_empty() {
            self.point = 0;
        }
        self
    }

    /// Takes digits and point from the text behind the sign.
    fn digits_of(text: &str) -> Age {
        let mut age = Age::zero();
        let (mut fraction, mut more) = (0, false);
        let mut bytes = text.as_bytes().iter();
        while let Some(&byte) = bytes.next() {
            match byte {
                b'e' | b'E' => {
                    age.point += exponent_of(bytes.as_slice());
                    break;
                }
                b'.' => fraction = 1,
                b'0' if age.digits.is_empty() => age.point -= fraction,
                digit => {
                    if age.digits.len() < MAX_DIGITS {
                        age.digits.push(digit - b'0');
                    } else {
                        more |= digit != b'0';
                    }
                    age.point += 1 - fraction;
                }
            }
        }
        if more {
            age.digits.push(1);
        }
        age.without_trailing_zeros()
    }

    /// The shortest digits that name the same double.
    fn shortest(&self) -> Age {
        let mut age = Age::zero();
        let (fraction, exponent) = self.nearest_double();
        if fraction == 0 {
            return age;
        }
        // Values here are far below 2^52, so the exponent is negative. At a power of two the
        // neighbour below is half as far away.
        let edge = u32::from(fraction == 1 << 52 && exponent > -1074);
        let mut rest = Big::from(fraction);
        rest.shift_left(1 + edge);
        let mut unit = Big::from(1);
        unit.shift_left(1 + edge + exponent.unsigned_abs());
        let mut below = Big::from(1);
        let mut above = Big::from(1 << edge);
        // A double with an even fraction owns both ends of its interval.
        let even = fraction & 1 == 0;
        let reaches = |order| order == Greater || (order == Equal && even);
        while reaches(rest.plus(&above).compare(&unit)) {
            unit.multiply_add(10, 0);
            age.point += 1;
        }
        loop {
            rest.multiply_add(10, 0);
            below.multiply_add(10, 0);
            above.multiply_add(10, 0);
            let mut digit = 0;
            while rest.compare(&unit) != Less {
                rest.subtract(&unit);
                digit += 1;
            }
            let low = reaches(below.compare(&rest));
            let high = reaches(rest.plus(&above).compare(&unit));
            if !low && !high {
                if age.digits.is_empty() && digit == 0 {
                    age.point -= 1;
                } else {
                    age.digits.push(digit);
                }
                continue;
            }
            let up = match rest.plus(&rest).compare(&unit) {
                _ if !low => true,
                _ if !high => false,
                Equal => digit & 1 == 1,
                order => order == Greater,
            };
            age.digits.push(digit + u8::from(up));
            return age.without_trailing_zeros();
        }
    }

    /// The nearest double as fraction × 2^exponent; the fraction is 0 when it is too small.
    fn nearest_double(&self) -> (u64, i32) {
        let count = self.digits.len() as i32;
        let (mut over, mut under) = (Big::from(0), Big::from(1));
        for &digit in &self.digits {
            over.multiply_add(10, digit.into());
        }
        for _ in self.point..count {
            under.multiply_add(10, 0);
        }
        for _ in count..self.point {
            over.multiply_add(10, 0);
        }
        // 1 <= over / under < 2 from here on; the value is that times 2^power.
        let mut power = over.bits() - under.bits();
        let shifted = if power > 0 { &mut under } else { &mut over };
        shifted.shift_left(power.unsigned_abs());
        if over.compare(&under) == Less {
            over.shift_left(1);
            power -= 1;
        }
        let bits = 53.min(53 + 1022 + power);
        if bits < 0 {
            return (0, 0);
        }
        let mut fraction = 0u64;
        for _ in 0..bits {
            fraction <<= 1;
            if over.compare(&under) != Less {
                over.subtract(&under);
                fraction |= 1;
            }
            over.shift_left(1);
        }
        if over.compare(&under) != Less {
            over.subtract(&under);
            fraction += u64::from(over.bits() > 0 || fraction & 1 == 1);
        }
        let exponent = power - bits + 1;
        if fraction == 1 << 53 {
            return (1 << 52, exponent + 1);
        }
        (fraction, exponent)
    }
}

fn exponent_of(text: &[u8]) -> i32 {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    // No payload has 2^27 zeros to weigh up a larger exponent.
    let power = digits.iter().fold(0, |power, digit| {
        if power < 1 << 27 {
            power * 10 + i32::from(digit - b'0')
        } else {
            power
        }
    });
    if negative {
        -power
    } else {
        power
    }
}
