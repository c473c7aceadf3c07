// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// What is built in each way to take the library into a project. It needs all that the library needs, and no server.

#include <pop3/connect.hpp>
#include <pop3/tls_context.hpp>

#include <asio/io_context.hpp>

#include <iostream>
#include <system_error>

int main()
{
    const pop3::tls_context tls;
    asio::io_context context;
    std::error_code failed;
    pop3::async_connect(
        context.get_executor(), tls, "",
        [&](std::error_code ec, const pop3::reply<pop3::session<pop3::authorization>>&) { failed = ec; });
    context.run();
    std::cout << "a host without a name: " << failed.message() << '\n';
    return failed == std::errc::invalid_argument ? 0 : 1;
}
