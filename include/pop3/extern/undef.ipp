// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#undef POP3_ALL_OVER
#undef POP3_CARRIED_BY
#undef POP3_CONNECTS_TO
#undef POP3_EXCHANGE
#undef POP3_EXTERN
#undef POP3_LEADS
#undef POP3_SECRETS_OVER
#undef POP3_STAYS
#undef POP3_STLS_OVER
