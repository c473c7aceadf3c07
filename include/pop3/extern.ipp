// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// What pop3/src.hpp has compiled of the templates: the operations that the members of a session begin, over the streams that
// `async_connect` makes. A file that has POP3_SEPARATE_COMPILATION defined compiles them only for streams of its own. This is read
// twice: behind the session and `async_connect`, and again by pop3/src.hpp.

// `extern` here, and nothing in pop3/src.hpp.
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
        stream, exchange,                                                                                    \
        pop3::detail::leave<pop3::session<pop3::to, stream>, pop3::session<pop3::from, stream>>>;

#define POP3_ALL_OVER(stream)                                                                                \
    POP3_EXTERN template class pop3::detail::connection<stream>;                                             \
    POP3_EXTERN template class pop3::detail::driver<stream>;                                                 \
    POP3_EXTERN template class pop3::detail::drive<stream, pop3::command::await_greeting,                    \
                                                   pop3::detail::greeted<stream>>;                           \
    POP3_EXTERN template class pop3::detail::composed<                                                       \
        pop3::detail::connect<stream, pop3::detail::greeted<stream>>,                                        \
        void(std::error_code, pop3::reply<pop3::session<pop3::authorization, stream>>)>;                     \
    POP3_LEADS(stream, pop3::command::login<pop3::password>, authorization, transaction)                     \
    POP3_LEADS(stream, pop3::command::single<pop3::command::apop>, authorization, transaction)               \
    POP3_EXTERN template class pop3::detail::drive<                                                          \
        stream, pop3::command::single<pop3::command::quit>,                                                  \
        pop3::detail::quit_at_once<pop3::session<pop3::authorization, stream>>>;                             \
    POP3_EXTERN template class pop3::detail::drive<stream, pop3::command::single<pop3::command::quit>,       \
                                                   pop3::detail::quit_and_update<stream>>;                   \
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

// What shows a secret exists only where it may be sent.
#define POP3_SECRETS_OVER(stream)                                                                            \
    POP3_LEADS(stream, pop3::command::single<pop3::command::user>, authorization, awaiting_password)         \
    POP3_LEADS(stream, pop3::command::single<pop3::command::pass>, authorization, transaction)               \
    POP3_LEADS(stream, pop3::command::login<pop3::access_token>, authorization, transaction)                 \
    POP3_EXTERN template class pop3::detail::composed<                                                       \
        pop3::detail::token_login<stream, pop3::detail::enter<pop3::session<pop3::transaction, stream>,      \
                                                              pop3::session<pop3::authorization, stream>>>,  \
        void(std::error_code, pop3::reply<pop3::session<pop3::transaction, stream>,                          \
                                          pop3::session<pop3::authorization, stream>>)>;

// STLS, begun on a session.
#define POP3_STLS_OVER(stream)                                                                               \
    POP3_EXTERN template class pop3::detail::composed<                                                       \
        pop3::detail::start_tls<stream,                                                                      \
                                pop3::detail::enter<pop3::session<pop3::authorization, pop3::tls_stream>,    \
                                                    pop3::session<pop3::authorization, stream>>>,            \
        void(std::error_code, pop3::reply<pop3::session<pop3::authorization, pop3::tls_stream>,              \
                                          pop3::session<pop3::authorization, stream>>)>;

#define POP3_EXCHANGE(name)                                                                                  \
    POP3_EXTERN template class pop3::command::exchange<pop3::command::name>;                                 \
    POP3_EXTERN template class pop3::command::single<pop3::command::name>;

POP3_EXTERN template class pop3::command::login<pop3::password>;
POP3_EXTERN template class pop3::command::login<pop3::access_token>;
POP3_EXCHANGE(apop)
POP3_EXCHANGE(capa)
POP3_EXCHANGE(dele)
POP3_EXCHANGE(last)
POP3_EXCHANGE(list)
POP3_EXCHANGE(list_one)
POP3_EXCHANGE(noop)
POP3_EXCHANGE(pass)
POP3_EXCHANGE(quit)
POP3_EXCHANGE(retr)
POP3_EXCHANGE(rset)
POP3_EXCHANGE(stat)
POP3_EXCHANGE(top)
POP3_EXCHANGE(uidl)
POP3_EXCHANGE(uidl_one)
POP3_EXCHANGE(user)
POP3_EXCHANGE(utf8)

POP3_ALL_OVER(pop3::tls_stream)
POP3_ALL_OVER(pop3::tcp_stream)
POP3_ALL_OVER(pop3::cleartext_stream)
POP3_SECRETS_OVER(pop3::tls_stream)
POP3_SECRETS_OVER(pop3::cleartext_stream)
POP3_STLS_OVER(pop3::tcp_stream)
POP3_STLS_OVER(pop3::cleartext_stream)
POP3_EXTERN template class pop3::detail::composed<pop3::detail::connect_stls<pop3::detail::secured>,
                                                  void(std::error_code, pop3::detail::secured::reply_type)>;

#undef POP3_ALL_OVER
#undef POP3_EXCHANGE
#undef POP3_EXTERN
#undef POP3_LEADS
#undef POP3_SECRETS_OVER
#undef POP3_STAYS
#undef POP3_STLS_OVER
