// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// All of the library compiles without exceptions. What would be thrown ends the program.

#include <pop3/pop3.hpp>

#include <asio/detail/throw_exception.hpp>
#include <asio/io_context.hpp>

#include <cstdlib>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

// Asio asks for this.
template <class Exception>
void asio::detail::throw_exception(const Exception&)
{
    std::abort();
}

namespace {

using greeted = pop3::session<pop3::authorization>;
using mailbox = pop3::session<pop3::transaction>;

void read(mailbox& session)
{
    session.async_retr(
        1, [](std::string_view) {}, [](std::error_code, const pop3::reply<pop3::delivery>&) {});
    session.async_pipeline(
        std::vector{pop3::command::dele(1)}, [](std::size_t, const pop3::reply<void>&) {},
        [](std::error_code, std::size_t) {});
}

} // namespace

int main()
{
    asio::io_context context(1);
    pop3::tls_context tls(pop3::no_system_roots);
    const pop3::connect_options options;
    std::error_code failed;
    pop3::async_connect(
        context.get_executor(), tls, "", options, [&](std::error_code ec, pop3::reply<greeted> reply) {
            failed = ec;
            if (ec || !reply)
                return;
            std::move(*reply).async_login(pop3::password("mrose", "secret"),
                                          [](std::error_code, pop3::reply<mailbox, greeted> said) {
                                              if (said)
                                                  read(*said);
                                          });
        });
    context.run();
    return failed == std::errc::invalid_argument ? 0 : 1;
}
