// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// What the lists of templates beside this are written in, which pop3/src.hpp has compiled: the operations that the members of a
// session begin. A file that has POP3_SEPARATE_COMPILATION defined compiles them only for streams of its own. Each list is read
// twice: behind the headers of what is in it, and again by pop3/src.hpp.

// `extern` there, and nothing in pop3/src.hpp.
#if !defined(POP3_EXTERN)
#define POP3_EXTERN extern
#endif

// A command that stays in its state: over one kind of stream, and what is the same over all.
#define POP3_STAYS(stream, name)                                                                             \
    POP3_EXTERN template class pop3::detail::drive<stream, pop3::command::single<pop3::command::name>,       \
                                                   pop3::detail::stay<pop3::command::name::result_type>>;

// One that leads from a state to another, if it is not refused.
#define POP3_LEADS(stream, exchange, from, to)                                                               \
    POP3_EXTERN template class pop3::detail::drive<                                                          \
        pop3::detail::carrier_of<stream>, exchange,                                                          \
        pop3::detail::leave<pop3::session<pop3::to, stream>, pop3::session<pop3::from, stream>>>;

// What sessions share that are carried by the same stream.
#define POP3_CARRIED_BY(stream)                                                                              \
    POP3_EXTERN template class pop3::detail::connection<stream>;                                             \
    POP3_EXTERN template class pop3::detail::driver<stream>;                                                 \
    POP3_STAYS(stream, capa)                                                                                 \
    POP3_STAYS(stream, dele)                                                                                 \
    POP3_STAYS(stream, last)                                                                                 \
    POP3_STAYS(stream, list)                                                                                 \
    POP3_STAYS(stream, list_one)                                                                             \
    POP3_STAYS(stream, noop)                                                                                 \
    POP3_STAYS(stream, retr)                                                                                 \
    POP3_STAYS(stream, rset)                                                                                 \
    POP3_STAYS(stream, stat)                                                                                 \
    POP3_STAYS(stream, top)                                                                                  \
    POP3_STAYS(stream, uidl)                                                                                 \
    POP3_STAYS(stream, uidl_one)                                                                             \
    POP3_STAYS(stream, utf8)

#define POP3_ALL_OVER(stream)                                                                                \
    POP3_EXTERN template class pop3::detail::drive<                                                          \
        pop3::detail::carrier_of<stream>, pop3::command::await_greeting, pop3::detail::greeted<stream>>;     \
    POP3_LEADS(stream, pop3::command::login<pop3::password>, authorization, transaction)                     \
    POP3_LEADS(stream, pop3::command::single<pop3::command::apop>, authorization, transaction)               \
    POP3_EXTERN template class pop3::detail::drive<                                                          \
        pop3::detail::carrier_of<stream>, pop3::command::single<pop3::command::quit>,                        \
        pop3::detail::quit_at_once<pop3::session<pop3::authorization, stream>>>;                             \
    POP3_EXTERN template class pop3::detail::drive<pop3::detail::carrier_of<stream>,                         \
                                                   pop3::command::single<pop3::command::quit>,               \
                                                   pop3::detail::quit_and_update<stream>>;

// What shows a secret exists only where it may be sent.
#define POP3_SECRETS_OVER(stream)                                                                            \
    POP3_LEADS(stream, pop3::command::single<pop3::command::user>, authorization, awaiting_password)         \
    POP3_LEADS(stream, pop3::command::single<pop3::command::pass>, authorization, transaction)               \
    POP3_LEADS(stream, pop3::command::login<pop3::access_token>, authorization, transaction)                 \
    POP3_EXTERN template class pop3::detail::composed<                                                       \
        pop3::detail::token_login<pop3::detail::carrier_of<stream>,                                          \
                                  pop3::detail::enter<pop3::session<pop3::transaction, stream>,              \
                                                      pop3::session<pop3::authorization, stream>>>,          \
        void(std::error_code, pop3::reply<pop3::session<pop3::transaction, stream>,                          \
                                          pop3::session<pop3::authorization, stream>>)>;

// What async_connect makes by itself.
#define POP3_CONNECTS_TO(stream)                                                                             \
    POP3_EXTERN template class pop3::detail::composed<                                                       \
        pop3::detail::connect<pop3::detail::carrier_of<stream>, pop3::detail::greeted<stream>>,              \
        void(std::error_code, pop3::reply<pop3::session<pop3::authorization, stream>>)>;

// STLS, begun on a session.
#define POP3_STLS_OVER(stream)                                                                               \
    POP3_EXTERN template class pop3::detail::composed<                                                       \
        pop3::detail::start_tls<pop3::detail::carrier_of<stream>,                                            \
                                pop3::detail::enter<pop3::session<pop3::authorization, pop3::tls_stream>,    \
                                                    pop3::session<pop3::authorization, stream>>>,            \
        void(std::error_code, pop3::reply<pop3::session<pop3::authorization, pop3::tls_stream>,              \
                                          pop3::session<pop3::authorization, stream>>)>;

#define POP3_EXCHANGE(name)                                                                                  \
    POP3_EXTERN template class pop3::command::exchange<pop3::command::name>;                                 \
    POP3_EXTERN template class pop3::command::single<pop3::command::name>;
