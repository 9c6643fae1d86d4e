//! A small allocator: blocks of powers of two, kept in one list a size and used again. Memory stays
//! flat once each size was used; nothing is merged or split.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_grow, memory_size};
use core::cell::UnsafeCell;
use core::ptr::null_mut;

const SMALLEST: usize = 16;
const LARGEST: usize = 1 << 30;
const PAGE: usize = 1 << 16;

struct State {
    /// By the size's power of two, the first free block; each one begins with the next.
    waiting: [*mut *mut u8; 32],
    /// Untouched memory: from here to the end.
    fresh: usize,
    end: usize,
}

pub struct Blocks(UnsafeCell<State>);

// SAFETY: a module without threads.
unsafe impl Sync for Blocks {}

impl Blocks {
    pub const fn new() -> Blocks {
        Blocks(UnsafeCell::new(State { waiting: [null_mut(); 32], fresh: 0, end: 0 }))
    }
}

fn block_size(layout: Layout) -> usize {
    layout.size().max(layout.align()).max(SMALLEST).next_power_of_two()
}

// SAFETY: a block is handed out once until it comes back; its size is its alignment or more, and
// fresh blocks start at multiples of 16, which is the largest alignment asked for here.
unsafe impl GlobalAlloc for Blocks {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() > LARGEST || layout.align() > SMALLEST {
            return null_mut();
        }
        let state = &mut *self.0.get();
        let size = block_size(layout);
        let first = &mut state.waiting[size.trailing_zeros() as usize];
        if !first.is_null() {
            let block = *first;
            *first = (*block).cast();
            return block.cast();
        }
        if state.end - state.fresh < size {
            let pages = size.div_ceil(PAGE);
            let grown = memory_grow(0, pages);
            if grown == usize::MAX {
                return null_mut();
            }
            // New memory follows the old, unless somebody else grew it between.
            if grown * PAGE != state.end {
                state.fresh = grown * PAGE;
            }
            state.end = memory_size(0) * PAGE;
        }
        let block = state.fresh as *mut u8;
        state.fresh += size;
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let state = &mut *self.0.get();
        let first = &mut state.waiting[block_size(layout).trailing_zeros() as usize];
        let block: *mut *mut u8 = block.cast();
        *block = first.cast();
        *first = block;
    }
}
