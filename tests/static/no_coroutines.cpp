// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Without coroutines the library compiles, and is used with callbacks.

#define ASIO_DISABLE_CO_AWAIT 1
#undef ASIO_HAS_CO_AWAIT

#include <pop3/pop3.hpp>

#include <system_error>
#include <utility>

#if defined(ASIO_HAS_CO_AWAIT)
#error "this is compiled with coroutines"
#endif

void look(pop3::session<pop3::transaction>& mailbox);

void look(pop3::session<pop3::transaction>& mailbox)
{
    mailbox.async_stat([](std::error_code, const pop3::reply<pop3::drop_listing>&) {});
    std::move(mailbox).async_quit([](std::error_code, const auto&) {});
}
