// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include "settings.hpp"

#include <pop3/pop3.hpp>

namespace settings::POP3_TEST_SETTINGS {

std::vector<std::size_t> sizes()
{
    using connection = pop3::detail::connection<pop3::tls_stream>;
    using finish = pop3::detail::stay<pop3::drop_listing>;
    using stat = pop3::command::single<pop3::command::stat>;
    return {sizeof(pop3::tls_context),
            sizeof(pop3::tls_stream),
            sizeof(pop3::session<pop3::authorization>),
            sizeof(pop3::session<pop3::update>),
            sizeof(pop3::connect_options),
            sizeof(pop3::limits),
            sizeof(pop3::capabilities),
            sizeof(pop3::refusal),
            sizeof(pop3::reply<pop3::message>),
            sizeof(pop3::url),
            sizeof(pop3::unique_id),
            sizeof(pop3::command::login<pop3::password>),
            sizeof(connection),
            sizeof(pop3::detail::operation),
            sizeof(pop3::detail::drive<pop3::tls_stream, stat, finish>)};
}

pop3::tls_context make()
{
    pop3::tls_context tls(pop3::no_system_roots);
    tls.require_tls_1_3();
    return tls;
}

std::string take(pop3::tls_context tls, const pop3::connect_options& options, std::error_code ec)
{
    tls.set_session_resumption(false);
    asio::io_context context(1);
    std::string said;
    pop3::async_connect(context.get_executor(), tls, "", options,
                        [&](std::error_code result, auto) { said = result.message(); });
    context.run();
    return said + ", " + ec.message();
}

} // namespace settings::POP3_TEST_SETTINGS
