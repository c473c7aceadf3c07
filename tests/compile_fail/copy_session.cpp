// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

#include <pop3/pop3.hpp>

#include <utility>

class account {
public:
    explicit account(pop3::session<pop3::transaction> mailbox)
#ifdef POP3_CONTROL
        : mailbox_(std::move(mailbox))
#else
        : mailbox_(mailbox)
#endif
    {
    }

private:
    pop3::session<pop3::transaction> mailbox_;
};

// error(gcc): error: use of deleted function 'pop3::session<pop3::transaction
// error(gcc): ::session(const pop3::session<pop3::transaction
// error(clang): error: call to implicitly-deleted copy constructor of 'pop3::session<pop3::transaction>'
// error(clang): 1 error generated.
// lines(gcc): 18
// lines(clang): 13
