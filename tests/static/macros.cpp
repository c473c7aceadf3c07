// Copyright the pop3 authors.
// Distributed under the Boost Software License, Version 1.0. (See the file LICENSE.)

// Macros with everyday names, as Windows, Qt and macOS define them, do not hurt the library's headers. Those of Asio,
// OpenSSL and the system come first: they are not ours to write. (If this breaks inside one of them, a header of ours
// includes it that is missing here.)

#include <asio.hpp>
#include <asio/ssl.hpp>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>
#include <openssl/tls1.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <compare>
#include <concepts>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <deque>
#include <exception>
#include <functional>
#include <initializer_list>
#include <iosfwd>
#include <iterator>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <numeric>
#include <optional>
#include <ranges>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

// windows.h, and what it includes
#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))
#define interface struct
#define small char
#define near
#define far
#define ERROR 0
#define NO_ERROR 0L
#define DELETE (0x00010000L)
#define IN
#define OUT
#define OPTIONAL

// Qt
#define emit
#define slots
#define signals public
#define forever for (;;)
#define foreach(variable, container) for (variable : container)

// AssertMacros.h of macOS
#define check(assertion)
#define check_noerr(code)
#define require(assertion, label)
#define require_noerr(code, label)
#define verify(assertion)
#define verify_noerr(code)

#include <pop3/blocking.hpp>
#include <pop3/connect_any.hpp>
#include <pop3/mailbox.hpp>
#include <pop3/pop3.hpp>
