// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// How much mail there is, asked again while that may help. count_mail_test.cpp shows how such a thing is tested.

#include <pop3/blocking.hpp>
#include <pop3/pop3.hpp>

#include <asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <system_error>
#include <thread>
#include <utility>

/// Whether the same may go well later: not with a wrong password, and not with a wrong certificate.
inline bool may_pass(const std::exception& e)
{
    if (const auto* no = dynamic_cast<const pop3::refused*>(&e))
        return no->refusal().advice() == pop3::retry_advice::wait;
    const auto* broken = dynamic_cast<const std::system_error*>(&e);
    return broken != nullptr && broken->code().category() != pop3::certificate_category();
}

inline std::uint64_t count_once(const pop3::tls_context& tls, const pop3::url& where,
                                const pop3::password& who)
{
    asio::io_context context;
    auto greeted = pop3::async_connect(context.get_executor(), tls, where, pop3::blocking);
    auto mailbox = std::move(greeted).async_login(who, pop3::blocking);
    return mailbox.async_stat(pop3::blocking).count;
}

/// Waits `pause` after the first try, and twice as long after each that follows. Throws what the last one threw.
inline std::uint64_t count_mail(const pop3::tls_context& tls, const pop3::url& where,
                                const pop3::password& who, int tries, std::chrono::milliseconds pause)
{
    for (;; pause *= 2) {
        try {
            return count_once(tls, where, who);
        } catch (const std::exception& e) {
            if (--tries == 0 || !may_pass(e))
                throw;
        }
        std::this_thread::sleep_for(pause);
    }
}
