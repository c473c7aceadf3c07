// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace pop3::detail {

/// Keeps the octets of many unique-ids, one behind the other in large pieces: what is in it stays where it is.
class key_arena {
public:
    std::string_view keep(std::string_view octets)
    {
        if (octets.size() > room_) {
            room_ = octets.size() > piece ? octets.size() : piece;
            pieces_.emplace_back(new char[room_]);
            at_ = pieces_.back().get();
        }
        char* const to = at_;
        if (!octets.empty())
            std::memcpy(to, octets.data(), octets.size());
        at_ += octets.size();
        room_ -= octets.size();
        used_ += octets.size();
        return {to, octets.size()};
    }

    std::size_t used() const noexcept
    {
        return used_;
    }

    void swap(key_arena& other) noexcept
    {
        pieces_.swap(other.pieces_);
        std::swap(at_, other.at_);
        std::swap(room_, other.room_);
        std::swap(used_, other.used_);
    }

private:
    static constexpr std::size_t piece = 256u << 10;

    std::vector<std::unique_ptr<char[]>> pieces_;
    char* at_ = nullptr;
    std::size_t room_ = 0;
    std::size_t used_ = 0;
};

} // namespace pop3::detail
