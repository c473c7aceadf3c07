// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include "support/counted_new.hpp"

#include <cstdlib>
#include <new>

thread_local std::size_t test::allocations = 0;
thread_local std::size_t test::failing_allocation = 0;
std::atomic<std::size_t> test::live_octets = 0;
std::atomic<std::size_t> test::live_bulk = 0;
std::atomic<std::size_t> test::live_records = 0;

namespace {

/// What belongs to the other threads (servers) is not watched.
const std::size_t* const main_thread = &test::allocations;

struct block {
    std::size_t size;
    bool watched;
};

static_assert(sizeof(block) == 16); // so that what follows is aligned

std::atomic<std::size_t>* live_large(std::size_t size)
{
    return size >= test::bulk ? &test::live_bulk : size >= test::record ? &test::live_records : nullptr;
}

/// Counts one more.
bool fails()
{
    return ++test::allocations == test::failing_allocation;
}

} // namespace

// Not inlined, or the compiler takes the one for a mismatch of the other.
[[gnu::noinline]] void* operator new(std::size_t size)
{
    auto* const made = fails() ? nullptr : static_cast<block*>(std::malloc(sizeof(block) + size));
    if (made == nullptr)
        throw std::bad_alloc();
    made->size = size;
    made->watched = &test::allocations == main_thread;
    if (made->watched) {
        test::live_octets += size;
        if (auto* const large = live_large(size))
            ++*large;
    }
    return made + 1;
}

[[gnu::noinline]] void operator delete(void* octets) noexcept
{
    if (octets == nullptr)
        return;
    auto* const made = static_cast<block*>(octets) - 1;
    if (made->watched) {
        test::live_octets -= made->size;
        if (auto* const large = live_large(made->size))
            --*large;
    }
    std::free(made);
}

void operator delete(void* octets, std::size_t) noexcept
{
    operator delete(octets);
}

// As they are without a sanitizer, which has its own. (std::stable_sort takes the first.)
void* operator new(std::size_t size, const std::nothrow_t&) noexcept
{
    try {
        return operator new(size);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

void* operator new[](std::size_t size)
{
    return operator new(size);
}

void operator delete[](void* octets) noexcept
{
    operator delete(octets);
}

void operator delete[](void* octets, std::size_t) noexcept
{
    operator delete(octets);
}

// Asio's.
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size)
{
    void* octets = nullptr;
    if (fails())
        return nullptr;
    return posix_memalign(&octets, alignment < sizeof(void*) ? sizeof(void*) : alignment, size) == 0
               ? octets
               : nullptr;
}
