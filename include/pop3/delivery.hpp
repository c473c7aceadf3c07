// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <cstdint>

namespace pop3 {

/// What became of a message that was given to a sink.
struct delivery {
    /// How many octets the sink was given.
    std::uint64_t octets = 0;
    /// That was the whole message. False if the sink wanted no more; a message that breaks off is an error.
    bool complete = false;

    friend bool operator==(const delivery&, const delivery&) = default;
};

/// What became of a listing that was given to a sink.
struct listing_delivery {
    /// How many entries the sink was given.
    std::uint64_t entries = 0;
    /// Those were all. False if the sink wanted no more.
    bool complete = false;

    friend bool operator==(const listing_delivery&, const listing_delivery&) = default;
};

} // namespace pop3
