// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Sessions over TLS and TCP, and what is the same over all streams: see define.ipp.

#include <pop3/extern/define.ipp>

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

POP3_CARRIED_BY(pop3::tls_stream)
POP3_CARRIED_BY(pop3::tcp_stream)
POP3_ALL_OVER(pop3::tls_stream)
POP3_ALL_OVER(pop3::tcp_stream)
POP3_ALL_OVER(pop3::cleartext_stream)
POP3_CONNECTS_TO(pop3::tls_stream)
POP3_CONNECTS_TO(pop3::tcp_stream)
POP3_CONNECTS_TO(pop3::cleartext_stream)
POP3_SECRETS_OVER(pop3::tls_stream)
POP3_SECRETS_OVER(pop3::cleartext_stream)
POP3_STLS_OVER(pop3::tcp_stream)
POP3_STLS_OVER(pop3::cleartext_stream)
POP3_EXTERN template class pop3::detail::composed<pop3::detail::connect_stls<pop3::detail::secured>,
                                                  void(std::error_code, pop3::detail::secured::reply_type)>;

#include <pop3/extern/undef.ipp>
