// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

// What most files of the test programs would compile anew is compiled once, in instances.cpp: the driver of each kind of
// stream, logins, and the commands that are used most. It halves the time that the compiler takes for the tests.

#include "support/peer.hpp"
#include "support/scripted_stream.hpp"

#include <pop3/pop3.hpp>

#include <system_error>

#define POP3_TEST_INSTANCES_OF_STREAM(prefix, stream)                                                        \
    prefix template class pop3::detail::connection<stream>;                                                  \
    prefix template class pop3::detail::driver<stream>;                                                      \
    prefix template class pop3::detail::drive<stream, pop3::command::await_greeting,                         \
                                              pop3::detail::greeted<stream>>;                                \
    prefix template class pop3::detail::drive<                                                               \
        stream, pop3::command::login<pop3::password>,                                                        \
        pop3::detail::leave<pop3::session<pop3::transaction, stream>,                                        \
                            pop3::session<pop3::authorization, stream>>>;                                    \
    prefix template class pop3::detail::drive<stream, pop3::command::single<pop3::command::stat>,            \
                                              pop3::detail::stay<pop3::drop_listing>>;                       \
    prefix template class pop3::detail::drive<stream, pop3::command::single<pop3::command::noop>,            \
                                              pop3::detail::stay<void>>;                                     \
    prefix template class pop3::detail::drive<stream, pop3::command::single<pop3::command::quit>,            \
                                              pop3::detail::quit_and_update<stream>>

#define POP3_TEST_INSTANCES_OF_CONNECTED_STREAM(prefix, stream)                                              \
    prefix template class pop3::detail::composed<                                                            \
        pop3::detail::connect<stream, pop3::detail::greeted<stream>>,                                        \
        void(std::error_code, pop3::reply<pop3::session<pop3::authorization, stream>>)>

#define POP3_TEST_INSTANCES(prefix)                                                                          \
    prefix template class pop3::command::auth<pop3::sasl::any_mechanism>;                                    \
    prefix template class pop3::command::login<pop3::password>;                                              \
    prefix template class pop3::command::exchange<pop3::command::capa>;                                      \
    prefix template class pop3::command::exchange<pop3::command::list>;                                      \
    prefix template class pop3::command::exchange<pop3::command::retr>;                                      \
    prefix template class pop3::command::exchange<pop3::command::stat>;                                      \
    prefix template class pop3::command::exchange<pop3::command::uidl>;                                      \
    POP3_TEST_INSTANCES_OF_STREAM(prefix, test::scripted_stream);                                            \
    POP3_TEST_INSTANCES_OF_STREAM(prefix, test::tls_peer_stream);                                            \
    POP3_TEST_INSTANCES_OF_STREAM(prefix, pop3::cleartext_stream);                                           \
    POP3_TEST_INSTANCES_OF_STREAM(prefix, pop3::tcp_stream);                                                 \
    POP3_TEST_INSTANCES_OF_STREAM(prefix, pop3::tls_stream);                                                 \
    POP3_TEST_INSTANCES_OF_CONNECTED_STREAM(prefix, pop3::cleartext_stream);                                 \
    POP3_TEST_INSTANCES_OF_CONNECTED_STREAM(prefix, pop3::tcp_stream);                                       \
    POP3_TEST_INSTANCES_OF_CONNECTED_STREAM(prefix, pop3::tls_stream)

POP3_TEST_INSTANCES(extern);
