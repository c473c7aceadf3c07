// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/mailbox/random.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

namespace pop3::detail {

/// A hash table of numbers, which stand for things that somebody else keeps. Its hash has a seed of its own: a server that
/// chooses unique-ids to collide does not know it.
class slot_table {
public:
    using slot_type = std::uint32_t;
    static constexpr slot_type none = 0xffffffff;

    std::uint64_t hash(std::string_view octets, std::uint32_t ordinal) const noexcept
    {
        // FNV-1a over eight octets at a time, with a finish that mixes all bits.
        std::uint64_t h = seed_ ^ (ordinal * 0x9e3779b97f4a7c15u);
        std::size_t at = 0;
        for (; octets.size() - at >= 8; at += 8) {
            std::uint64_t word = 0;
            for (unsigned i = 0; i != 8; ++i)
                word |= std::uint64_t(static_cast<unsigned char>(octets[at + i])) << (8 * i);
            h = mix(h ^ word);
        }
        std::uint64_t rest = octets.size() - at + 1;
        for (; at != octets.size(); ++at)
            rest = rest << 8 | static_cast<unsigned char>(octets[at]);
        return mix(mix(h ^ rest) + octets.size());
    }

    /// The slot that `is_it(slot)` says yes to; `none` if there is none.
    template <class IsIt>
    slot_type find(std::uint64_t hash, IsIt is_it) const
    {
        const auto at = position(hash, is_it);
        return at == nowhere ? none : cells_[at].slot;
    }

    /// One that is not in it.
    void insert(std::uint64_t hash, slot_type slot)
    {
        if ((used_ + 1) * 4 > cells_.size() * 3)
            grow();
        place({slot, short_hash(hash)});
        ++size_;
    }

    template <class IsIt>
    void erase(std::uint64_t hash, IsIt is_it)
    {
        const auto at = position(hash, is_it);
        if (at == nowhere)
            return;
        cells_[at].slot = removed;
        --size_;
    }

    std::size_t size() const noexcept
    {
        return size_;
    }

private:
    /// With its hash, so that what a slot stands for is looked at only when it is the right one, nearly always.
    struct cell {
        slot_type slot = none;
        std::uint32_t hash = 0;
    };

    static constexpr slot_type removed = 0xfffffffe;
    static constexpr std::size_t nowhere = (std::numeric_limits<std::size_t>::max)();

    static constexpr std::uint64_t mix(std::uint64_t x) noexcept
    {
        x ^= x >> 32;
        x *= 0xd6e8feb86659fd93u;
        x ^= x >> 32;
        x *= 0xd6e8feb86659fd93u;
        return x ^ (x >> 32);
    }

    static std::uint64_t random()
    {
        return std::uint64_t{random_bits()} << 32 | random_bits();
    }

    std::size_t mask() const noexcept
    {
        return cells_.size() - 1;
    }

    static constexpr std::uint32_t short_hash(std::uint64_t hash) noexcept
    {
        return static_cast<std::uint32_t>(hash >> 32);
    }

    template <class IsIt>
    std::size_t position(std::uint64_t hash, IsIt is_it) const
    {
        if (cells_.empty())
            return nowhere;
        const auto wanted = short_hash(hash);
        for (std::size_t i = wanted & mask();; i = (i + 1) & mask()) {
            const auto& c = cells_[i];
            if (c.slot == none)
                return nowhere;
            if (c.hash == wanted && c.slot != removed && is_it(c.slot))
                return i;
        }
    }

    void place(cell c)
    {
        auto i = c.hash & mask();
        while (cells_[i].slot != none)
            i = (i + 1) & mask();
        cells_[i] = c;
        ++used_;
    }

    void grow()
    {
        std::vector<cell> old(power_of_two(size_ * 2));
        old.swap(cells_);
        used_ = 0;
        for (const auto& c : old)
            if (c.slot != none && c.slot != removed)
                place(c);
    }

    static constexpr std::size_t power_of_two(std::size_t least) noexcept
    {
        std::size_t n = 16;
        while (n < least)
            n *= 2;
        return n;
    }

    std::vector<cell> cells_;
    std::size_t used_ = 0; // those that were removed are still there
    std::size_t size_ = 0;
    std::uint64_t seed_ = random();
};

} // namespace pop3::detail
