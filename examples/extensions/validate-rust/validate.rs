//! Checks a sign-up record: JSON in, JSON out, over the base ABI.
//!
//!   {"email":"Foo@Example.COM ","age":25}  ->  {"ok":true,"email":"foo@example.com","age":25}
//!
//! Build: deno run -A tools/build_guests.ts validate-rust
//!   (rustc with the target wasm32-unknown-unknown; no crates, no Cargo; the flags stand in that
//!   script)

#![no_std]

extern crate alloc;

mod big;
mod json;
mod memory;
mod number;

use alloc::alloc::{alloc, dealloc, Layout};
use alloc::boxed::Box;
use alloc::string::String;
use json::Value;
use number::Age;

#[global_allocator]
static BLOCKS: memory::Blocks = memory::Blocks::new();

#[panic_handler]
fn trap(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}

/// Gives the host room for a payload, or null.
#[no_mangle]
pub extern "C" fn __base_alloc(size: usize) -> *mut u8 {
    match Layout::from_size_align(size.max(1), 1) {
        // SAFETY: the size is not zero.
        Ok(layout) => unsafe { alloc(layout) },
        Err(_) => core::ptr::null_mut(),
    }
}

/// Takes a payload or a result back.
///
/// # Safety
/// `pointer` and `size` are what `__base_alloc` or a function of this module gave out.
#[no_mangle]
pub unsafe extern "C" fn __base_free(pointer: *mut u8, size: usize) {
    if pointer.is_null() {
        return;
    }
    if let Ok(layout) = Layout::from_size_align(size.max(1), 1) {
        dealloc(pointer, layout);
    }
}

/// Pointer in the upper half of the result, length in the lower.
///
/// # Safety
/// `length` bytes at `pointer` are the host's payload.
#[no_mangle]
pub unsafe extern "C" fn validate(pointer: *const u8, length: usize) -> u64 {
    let verdict = judge(core::slice::from_raw_parts(pointer, length))
        .unwrap_or_else(|error| ["{\"ok\":false,\"error\":\"", error, "\"}"].concat());
    // Boxed, the capacity is the length, which is what the host gives back to free it.
    let bytes = Box::leak(verdict.into_bytes().into_boxed_slice());
    (bytes.as_ptr() as u64) << 32 | bytes.len() as u64
}

fn judge(payload: &[u8]) -> Result<String, &'static str> {
    let record = json::read(payload).ok_or("input must be an object")?;
    let email = match record.email {
        Some(Value::Text(text)) if !text.is_empty() => text.decode(),
        _ => return Err("email required"),
    };
    let age = match record.age {
        Some(Value::Number(text)) => Age::parse(text),
        _ => None,
    }
    .ok_or("age out of range")?;
    let address = email.trim_matches(is_space);
    let (local, domain) = address.split_once('@').ok_or("email shape")?;
    if local.is_empty() || domain.is_empty() {
        return Err("email shape");
    }
    if !domain.contains('.') {
        return Err("email domain");
    }
    let mut out = String::with_capacity(address.len() + 64);
    out.push_str("{\"ok\":true,\"email\":\"");
    push_lowered(&mut out, address);
    out.push_str("\",\"age\":");
    age.write(&mut out);
    out.push('}');
    Ok(out)
}

/// What JavaScript's trim drops: without U+0085, with the byte order mark.
fn is_space(c: char) -> bool {
    c == '\u{feff}' || (c != '\u{85}' && c.is_whitespace())
}

/// Writes text with its letters A to Z lowered, escaped as JSON.stringify does.
fn push_lowered(out: &mut String, text: &str) {
    for c in text.chars() {
        let letter = match c {
            '"' | '\\' => c,
            '\u{8}' => 'b',
            '\u{c}' => 'f',
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            '\0'..='\u{1f}' => {
                out.push_str(if c < '\u{10}' { "\\u000" } else { "\\u001" });
                out.extend(char::from_digit(c as u32 & 15, 16));
                continue;
            }
            _ => {
                out.push(c.to_ascii_lowercase());
                continue;
            }
        };
        out.push('\\');
        out.push(letter);
    }
}
