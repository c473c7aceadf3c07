// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Sessions over any_stream: see define.ipp.

#include <pop3/extern/define.ipp>

POP3_CARRIED_BY(pop3::any_stream)
POP3_ALL_OVER(pop3::any_stream)
POP3_SECRETS_OVER(pop3::any_stream)
POP3_EXTERN template class pop3::detail::composed<
    pop3::detail::connect_any, void(std::error_code, pop3::detail::connect_any::reply_type)>;

#include <pop3/extern/undef.ipp>
