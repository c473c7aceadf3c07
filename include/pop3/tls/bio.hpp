// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/tls/last_error.hpp>
#include <pop3/tls/pointer.hpp>

#include <openssl/bio.h>

#include <cstddef>

namespace pop3::detail {

using tls_bio = tls_pointer<BIO, BIO_free>;

/// How OpenSSL gets at a `Wire`, which it does not own. That never has to wait: "nothing now" is an answer.
///
/// Wire:
///     std::size_t take(char* to, std::size_t size) noexcept    // 0: nothing now
///     bool put(const char* from, std::size_t size) noexcept    // all of it; false: not possible, for good
template <class Wire>
struct tls_bio_of {
    static int read(BIO* bio, char* to, int size) noexcept
    {
        BIO_clear_retry_flags(bio);
        const std::size_t n = wire(bio).take(to, static_cast<std::size_t>(size));
        if (n != 0)
            return static_cast<int>(n);
        BIO_set_retry_read(bio);
        return -1;
    }

    static int write(BIO* bio, const char* from, int size) noexcept
    {
        BIO_clear_retry_flags(bio);
        return wire(bio).put(from, static_cast<std::size_t>(size)) ? size : -1;
    }

    static long control(BIO*, int command, long, void*) noexcept
    {
        return command == BIO_CTRL_FLUSH ? 1 : 0;
    }

    static Wire& wire(BIO* bio) noexcept
    {
        return *static_cast<Wire*>(BIO_get_data(bio));
    }

    /// Made once, and never freed: what still uses it when the program ends could not tell.
    static const BIO_METHOD* method()
    {
        static BIO_METHOD* const made = [] {
            BIO_METHOD* const m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "pop3");
            tls_require(m != nullptr, "BIO_METHOD");
            // None of these can fail.
            BIO_meth_set_read(m, read);
            BIO_meth_set_write(m, write);
            BIO_meth_set_ctrl(m, control);
            return m;
        }();
        return made;
    }
};

template <class Wire>
tls_bio make_tls_bio(Wire& wire)
{
    tls_bio bio(BIO_new(tls_bio_of<Wire>::method()));
    tls_require(bio != nullptr, "BIO_new");
    BIO_set_data(bio.get(), &wire);
    BIO_set_init(bio.get(), 1);
    return bio;
}

} // namespace pop3::detail
