// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include "support/certificates.hpp"
#include "support/counted_new.hpp"

#include <pop3/security.hpp>
#include <pop3/tls/resumption.hpp>
#include <pop3/tls_context.hpp>
#include <pop3/tls_stream.hpp>

#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <doctest/doctest.h>

#include <openssl/err.h>

#include <cstddef>
#include <new>
#include <string>

TEST_CASE("without memory nothing of OpenSSL's is lost")
{
    const std::string pem = test::authority("the root").pem();
    pop3::tls_context tls;
    asio::io_context io;
    pop3::tls_stream stream(io.get_executor(), tls);
    const std::string host = "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff";
    REQUIRE(!stream.expect_host(host));
    // The leak is for a sanitizer to find.
    const auto without_memory = [](auto function) {
        bool failed = true;
        for (std::size_t nth = 1; failed; ++nth) {
            REQUIRE(nth < 1000);
            const auto failing = test::allocations + nth;
            test::failing_allocation = failing;
            try {
                function();
            } catch (const std::bad_alloc&) {
            }
            test::failing_allocation = 0;
            failed = test::allocations >= failing; // else as many were not made
        }
    };
    without_memory([&] { pop3::detail::verified_server(stream.native_handle()); });
    without_memory([&] { stream.handshake_error(asio::error::eof); });
    without_memory([&] { static_cast<void>(stream.expect_host(host)); });
    without_memory([&] { pop3::tls_context().add_certificate_authority(pem); });
    without_memory([&] { pop3::tls_stream another(io.get_executor(), tls); });
    without_memory([&] { pop3::stls how{pop3::tls_context(pop3::no_system_roots)}; });
    ERR_clear_error();
}
