// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/mailbox/batch_delivery.hpp>

#include <cstddef>
#include <span>
#include <system_error>
#include <utility>

namespace pop3 {

POP3_DECL void batch_delivery::begin(const arriving_message& m, std::error_code& ec)
{
    ec.clear();
    arriving_ = {};
    arriving_.account = m.account;
    arriving_.unique_id = m.key.unique_id;
    arriving_.ordinal = m.key.ordinal;
    arriving_.number = m.number;
    arriving_.headers = m.headers;
    if (m.octets != unknown_octets && m.octets > most_octets_ && !m.headers)
        ec = std::make_error_code(std::errc::file_too_large);
}

POP3_DECL void batch_delivery::write(std::span<const char> piece, std::error_code& ec)
{
    ec.clear();
    if (piece.size() > most_octets_ - arriving_.octets.size())
        ec = std::make_error_code(std::errc::file_too_large);
    else
        arriving_.octets.append(piece.data(), piece.size());
}

POP3_DECL void batch_delivery::end(std::error_code& ec)
{
    ec.clear();
    batch_.push_back(std::exchange(arriving_, {}));
}

POP3_DECL void batch_delivery::discard()
{
    arriving_ = {};
}

POP3_DECL void batch_delivery::async_commit(commit_callback done)
{
    function_(std::exchange(batch_, {}), std::move(done));
}

} // namespace pop3
