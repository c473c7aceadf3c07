// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)
#pragma once

#include <pop3/config.hpp>
#include <pop3/detail/owned.hpp>
#include <pop3/tls/last_error.hpp>
#include <pop3/tls/pointer.hpp>
#include <pop3/tls/root_file.hpp>
#include <pop3/tls/safe_getenv.hpp>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <sys/stat.h>

#include <cstddef>
#include <mutex>
#include <string>
#include <utility>

// What the system trusts: OpenSSL's default file and its default folder, or those that SSL_CERT_FILE and SSL_CERT_DIR name.
//
// OpenSSL itself reads the folder one certificate at a time, by the name that is wanted, but it parses the whole file for each
// context, which takes many times as long as a handshake. So the file is read here, once in a process, and a context takes
// over from it what a handshake wants. The store of a context is its own all the same: what one trusts besides, or is told
// by its user, is nothing to another. Only certificates are shared, and they do not change.

namespace pop3::detail {

/// Tells one state of a file from the next.
inline std::string file_stamp(const std::string& path)
{
    struct stat found = {};
    if (::stat(path.c_str(), &found) != 0)
        return path;
    std::string stamp = path;
    stamp.append(" ").append(std::to_string(found.st_dev));
    stamp.append(" ").append(std::to_string(found.st_ino));
    // A pipe can be read only once, and it changes by that.
    if ((found.st_mode & S_IFMT) == S_IFREG) {
        stamp.append(" ").append(std::to_string(found.st_size));
        stamp.append(" ").append(std::to_string(found.st_mtime));
    }
    return stamp;
}

/// All of a file; what could be read of it, if there is an error.
inline std::string read_whole_file(const std::string& path)
{
    std::string text;
    const tls_pointer<BIO, BIO_free> input(BIO_new_file(path.c_str(), "rb"));
    for (std::size_t size = 0, n = 1; input && n != 0; size += n) {
        text.resize(size + 65536);
        if (BIO_read_ex(input.get(), text.data() + size, 65536, &n) != 1)
            n = 0;
        text.resize(size + n);
    }
    return text;
}

inline void forget_root_file(tls_root_file* file) noexcept
{
    if (file->drop_user())
        delete file;
}

using root_file_ptr = owned<tls_root_file, forget_root_file>;

/// The system's file, as it is now.
inline root_file_ptr system_root_file()
{
    struct last_read {
        std::mutex mutex;
        std::string stamp;
        root_file_ptr file;
    };
    // Never destroyed: a connection may outlive it, in a static variable or in a thread.
    static last_read& last = *new last_read;

    const char* const chosen = safe_getenv(X509_get_default_cert_file_env());
    const std::string path = chosen != nullptr ? chosen : X509_get_default_cert_file();
    auto stamp = file_stamp(path);
    const std::lock_guard lock(last.mutex);
    if (!last.file || last.stamp != stamp) {
        last.file.reset(new tls_root_file(read_whole_file(path)));
        last.stamp = std::move(stamp);
    }
    last.file->add_user();
    return root_file_ptr(last.file.get());
}

/// A store goes, which may have no file.
inline void on_store_freed(void*, void* file, CRYPTO_EX_DATA*, int, long, void*) noexcept
{
    if (file != nullptr)
        forget_root_file(static_cast<tls_root_file*>(file));
}

/// Where a store keeps the file that it takes certificates from.
inline int root_file_index()
{
    static const int index = X509_STORE_get_ex_new_index(0, nullptr, nullptr, nullptr, on_store_freed);
    return index;
}

/// Has the store of `chain` take over from its file what is of that name; all revocation lists if there is no name. False without
/// memory.
inline bool ask_root_file(const X509_STORE_CTX* chain, const X509_NAME* name) noexcept
{
    X509_STORE* const store = X509_STORE_CTX_get0_store(chain);
    auto* const file = static_cast<tls_root_file*>(X509_STORE_get_ex_data(store, root_file_index()));
    if (file == nullptr)
        return true;
    // A certificate that cannot be read is none, and no error of the handshake.
    ERR_set_mark();
    bool done = true;
    POP3_TRY
    {
        if (name != nullptr)
            file->add_certificates(store, name);
        else
            file->add_revocation_lists(store);
    }
    POP3_CATCH(...)
    {
        done = false;
    }
    ERR_pop_to_mark();
    return done;
}

// Each of these is OpenSSL's own, once the store has what the file has of that name. (A lookup of X509_LOOKUP_METHOD would not
// do: it is not asked if the store has another certificate of that name already.)

inline int find_issuer(X509** issuer, X509_STORE_CTX* chain, X509* of) noexcept
{
    return ask_root_file(chain, X509_get_issuer_name(of)) ? X509_STORE_CTX_get1_issuer(issuer, chain, of)
                                                          : -1;
}

inline STACK_OF(X509) * find_certificates(X509_STORE_CTX* chain, const X509_NAME* name) noexcept
{
    return ask_root_file(chain, name) ? X509_STORE_CTX_get1_certs(chain, name) : nullptr;
}

inline STACK_OF(X509_CRL) * find_revocation_lists(const X509_STORE_CTX* chain, const X509_NAME* name) noexcept
{
    return ask_root_file(chain, nullptr) ? X509_STORE_CTX_get1_crls(chain, name) : nullptr;
}

/// Has a store trust what the system trusts.
inline void trust_system_roots(X509_STORE* store)
{
    ERR_clear_error();
    root_file_ptr file = system_root_file();
    tls_require(X509_STORE_set_ex_data(store, root_file_index(), file.get()) == 1, "system roots");
    file.release();

    X509_STORE_set_get_issuer(store, find_issuer);
    X509_STORE_set_lookup_certs(store, find_certificates);
    X509_STORE_set_lookup_crls(store, find_revocation_lists);
    X509_LOOKUP* const folder = X509_STORE_add_lookup(store, X509_LOOKUP_hash_dir());
    tls_require(folder != nullptr, "system roots");
    // Without a folder there is nothing in it.
    X509_LOOKUP_add_dir(folder, nullptr, X509_FILETYPE_DEFAULT);
    ERR_clear_error();
}

} // namespace pop3::detail
