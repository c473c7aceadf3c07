// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>

#include <asio/buffer.hpp>

namespace pop3::detail {

/// The first buffer of a sequence that is not empty.
template <class Buffer, class Buffers>
Buffer first_buffer(const Buffers& buffers)
{
    const auto end = asio::buffer_sequence_end(buffers);
    for (auto at = asio::buffer_sequence_begin(buffers); at != end; ++at)
        if (const Buffer buffer(*at); buffer.size() != 0)
            return buffer;
    return Buffer();
}

} // namespace pop3::detail
