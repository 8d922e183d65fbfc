/* An SDF library (GM/T 0018) with real SM2 and RSA keys from libcrypto, for tests only.
 *
 * Keys are files key_INDEX.der (PKCS#8) in the working directory, read at each call. The device is
 * as awkward as real ones: one OpenDevice in a process, rights that live in a session, no two
 * threads at once. The rest is asked for by environment variables:
 *
 *   SDF_FIELD=32            octets of the ECC fields (64)
 *   SDF_RSA_FIELD=512       octets of the RSA fields (256)
 *   SDF_CARD=1              answers and algorithms in the numbers of 三未信安's card
 *   SDF_PASSWORD=...        of every key (12345678); SDF_PASSWORD_3 of the key at index 3
 *   SDF_WRONG_PASSWORD=n    what is answered to a wrong one (0x01000100: not in the standard)
 *   SDF_NO_RIGHT=n          what is answered without the right (0x0100001D, not 0x01000007)
 *   SDF_ODD=n               every n-th signature is refused with 0x0100001D, for no reason
 *   SDF_RIGHT_LASTS=n       the right to a key is gone after n signatures
 *   SDF_DOWN=path           no answer while there is such a file
 *   SDF_SERIAL=...          of the device
 *   SDF_WITHOUT_SM3=1       hashes are not supported
 *   SDF_BAD_SIGNATURE=1     signatures hold for nothing
 *
 * libcrypto's functions are declared here: its headers are not everywhere.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned int u32;
typedef unsigned char u8;
typedef struct pkey PKEY;
typedef struct pkey_context PKEY_CONTEXT;
typedef struct number NUMBER;
typedef struct pair PAIR;
typedef struct hash_context HASH;

extern PKEY *d2i_AutoPrivateKey(PKEY **, const u8 **, long);
extern PKEY *d2i_PUBKEY(PKEY **, const u8 **, long);
extern void EVP_PKEY_free(PKEY *);
extern int EVP_PKEY_is_a(const PKEY *, const char *);
extern size_t EVP_PKEY_get1_encoded_public_key(PKEY *, u8 **);
extern int EVP_PKEY_get_bn_param(const PKEY *, const char *, NUMBER **);
extern PKEY_CONTEXT *EVP_PKEY_CTX_new(PKEY *, void *);
extern void EVP_PKEY_CTX_free(PKEY_CONTEXT *);
extern int EVP_PKEY_sign_init(PKEY_CONTEXT *);
extern int EVP_PKEY_sign(PKEY_CONTEXT *, u8 *, size_t *, const u8 *, size_t);
extern int EVP_PKEY_verify_init(PKEY_CONTEXT *);
extern int EVP_PKEY_verify(PKEY_CONTEXT *, const u8 *, size_t, const u8 *, size_t);
extern int EVP_PKEY_CTX_set_rsa_padding(PKEY_CONTEXT *, int);
extern PAIR *ECDSA_SIG_new(void);
extern void ECDSA_SIG_free(PAIR *);
extern PAIR *d2i_ECDSA_SIG(PAIR **, const u8 **, long);
extern int i2d_ECDSA_SIG(const PAIR *, u8 **);
extern const NUMBER *ECDSA_SIG_get0_r(const PAIR *);
extern const NUMBER *ECDSA_SIG_get0_s(const PAIR *);
extern int ECDSA_SIG_set0(PAIR *, NUMBER *, NUMBER *);
extern NUMBER *BN_bin2bn(const u8 *, int, NUMBER *);
extern int BN_bn2binpad(const NUMBER *, u8 *, int);
extern int BN_num_bits(const NUMBER *);
extern void BN_free(NUMBER *);
extern HASH *EVP_MD_CTX_new(void);
extern void EVP_MD_CTX_free(HASH *);
extern const void *EVP_sm3(void);
extern int EVP_DigestInit_ex(HASH *, const void *, void *);
extern int EVP_DigestUpdate(HASH *, const void *, size_t);
extern int EVP_DigestFinal_ex(HASH *, u8 *, u32 *);
extern int RAND_bytes(u8 *, int);
extern void CRYPTO_free(void *, const char *, int);

enum { NOT_SUPPORTED = 0x01000002, NO_COMMUNICATION = 0x01000003, OPEN_DEVICE = 0x01000005,
       NO_SUCH_KEY = 0x01000008, NOT_SIGNED = 0x0100000D, NOT_VERIFIED = 0x0100000E,
       OUT_OF_STEP = 0x01000010, BAD_ARGUMENT = 0x0100001D };
enum { KEYS = 32, COORDINATE = 32, CARD = 0x00020000, NO_PADDING = 3 };

typedef struct { int open; int right[KEYS]; HASH *hash; } session_t;

static int device_open, inside, misuses, signatures;

/* How often two threads were in the library at once. */
int sdf_misuses(void) { return misuses; }

static u32 setting(const char *name, u32 otherwise) {
    const char *text = getenv(name);
    return text ? (u32)strtoul(text, NULL, 0) : otherwise;
}

static u32 said(const char *function, u32 answer) {
    if (answer && getenv("SDF_CARD")) answer += CARD;
    if (answer) fprintf(stderr, "sdf: %s: %#010x\n", function, answer);
    __atomic_store_n(&inside, 0, __ATOMIC_RELEASE);
    return answer;
}

static int busy(void) {
    int found = __atomic_exchange_n(&inside, 1, __ATOMIC_ACQUIRE);
    if (found) __atomic_add_fetch(&misuses, 1, __ATOMIC_RELAXED);
    return found;
}

static u32 hindrance(void) {
    const char *down = getenv("SDF_DOWN");
    FILE *there = down ? fopen(down, "r") : NULL;
    if (!there) return 0;
    fclose(there);
    return NO_COMMUNICATION;
}
#define ENTER(name)                                  \
    do {                                             \
        if (busy()) return BAD_ARGUMENT;             \
        u32 answer_ = hindrance();                   \
        if (answer_) return said(name, answer_);     \
    } while (0)

static PKEY *key_at(u32 index, const char *kind) {
    char name[32];
    u8 content[4096];
    const u8 *at = content;
    snprintf(name, sizeof name, "key_%u.der", index);
    FILE *file = fopen(name, "rb");
    if (!file) return NULL;
    size_t size = fread(content, 1, sizeof content, file);
    fclose(file);
    PKEY *key = d2i_AutoPrivateKey(NULL, &at, (long)size);
    if (key && EVP_PKEY_is_a(key, kind)) return key;
    EVP_PKEY_free(key);
    return NULL;
}

u32 SDF_OpenDevice(void **device) {
    ENTER("OpenDevice");
    if (device_open) return said("OpenDevice", OPEN_DEVICE);
    device_open = 1;
    *device = &device_open;
    return said("OpenDevice", 0);
}

u32 SDF_CloseDevice(void *device) {
    ENTER("CloseDevice");
    device_open = 0;
    return said("CloseDevice", device == &device_open ? 0 : BAD_ARGUMENT);
}

u32 SDF_OpenSession(void *device, void **session) {
    ENTER("OpenSession");
    if (device != &device_open || !device_open) return said("OpenSession", BAD_ARGUMENT);
    session_t *made = calloc(1, sizeof *made);
    made->open = 1;
    *session = made;
    return said("OpenSession", 0);
}

u32 SDF_CloseSession(void *session) {
    session_t *one = session;
    ENTER("CloseSession");
    EVP_MD_CTX_free(one->hash);
    one->hash = NULL;
    one->open = 0; /* not freed: whoever goes on using it is to be told so */
    return said("CloseSession", 0);
}

u32 SDF_GetDeviceInfo(void *session, u8 *info) {
    const char *serial = getenv("SDF_SERIAL");
    u32 numbers[7] = {0x00010002, 1, 0x00030200, 0x00000900, 0x00000400, 0x00000001, 65536};
    ENTER("GetDeviceInfo");
    if (!((session_t *)session)->open) return said("GetDeviceInfo", BAD_ARGUMENT);
    memset(info, 0, 72);
    strncpy((char *)info, "AnXin", 40);
    strncpy((char *)info + 40, "SDF for tests", 16);
    strncpy((char *)info + 56, serial ? serial : "0000000000000007", 16);
    memcpy(info + 72, numbers, sizeof numbers);
    return said("GetDeviceInfo", 0);
}

u32 SDF_GenerateRandom(void *session, u32 size, u8 *random) {
    ENTER("GenerateRandom");
    RAND_bytes(random, (int)size);
    return said("GenerateRandom", ((session_t *)session)->open ? 0 : BAD_ARGUMENT);
}

static const char *password_of(u32 index) {
    char name[32];
    snprintf(name, sizeof name, "SDF_PASSWORD_%u", index);
    const char *own = getenv(name), *common = getenv("SDF_PASSWORD");
    return own ? own : common ? common : "12345678";
}

u32 SDF_GetPrivateKeyAccessRight(void *session, u32 index, const u8 *password, u32 size) {
    session_t *one = session;
    ENTER("GetPrivateKeyAccessRight");
    if (!one->open || index >= KEYS) return said("GetPrivateKeyAccessRight", BAD_ARGUMENT);
    char name[32];
    snprintf(name, sizeof name, "key_%u.der", index);
    FILE *file = fopen(name, "rb");
    if (!file) return said("GetPrivateKeyAccessRight", NO_SUCH_KEY);
    fclose(file);
    const char *right = password_of(index);
    if (size != strlen(right) || memcmp(right, password, size))
        return said("GetPrivateKeyAccessRight", setting("SDF_WRONG_PASSWORD", 0x01000100));
    one->right[index] = (int)setting("SDF_RIGHT_LASTS", 1 << 30);
    return said("GetPrivateKeyAccessRight", 0);
}

u32 SDF_ReleasePrivateKeyAccessRight(void *session, u32 index) {
    session_t *one = session;
    ENTER("ReleasePrivateKeyAccessRight");
    if (index < KEYS) one->right[index] = 0;
    return said("ReleasePrivateKeyAccessRight", 0);
}

u32 SDF_ExportSignPublicKey_ECC(void *session, u32 index, u8 *out) {
    u32 field = setting("SDF_FIELD", 64), bits = 256;
    u8 *point = NULL;
    ENTER("ExportSignPublicKey_ECC");
    if (!((session_t *)session)->open) return said("ExportSignPublicKey_ECC", BAD_ARGUMENT);
    PKEY *key = key_at(index, "SM2");
    if (!key) return said("ExportSignPublicKey_ECC", NO_SUCH_KEY);
    EVP_PKEY_get1_encoded_public_key(key, &point);
    EVP_PKEY_free(key);
    memcpy(out, &bits, 4);
    memset(out + 4, 0, 2 * field);
    memcpy(out + 4 + field - COORDINATE, point + 1, COORDINATE);
    memcpy(out + 4 + 2 * field - COORDINATE, point + 1 + COORDINATE, COORDINATE);
    CRYPTO_free(point, "", 0);
    return said("ExportSignPublicKey_ECC", 0);
}

u32 SDF_ExportSignPublicKey_RSA(void *session, u32 index, u8 *out) {
    NUMBER *modulus = NULL, *exponent = NULL;
    int field = (int)setting("SDF_RSA_FIELD", 256);
    ENTER("ExportSignPublicKey_RSA");
    if (!((session_t *)session)->open) return said("ExportSignPublicKey_RSA", BAD_ARGUMENT);
    PKEY *key = key_at(index, "RSA");
    if (!key) return said("ExportSignPublicKey_RSA", NO_SUCH_KEY);
    EVP_PKEY_get_bn_param(key, "n", &modulus);
    EVP_PKEY_get_bn_param(key, "e", &exponent);
    u32 bits = (u32)BN_num_bits(modulus);
    memcpy(out, &bits, 4);
    BN_bn2binpad(modulus, out + 4, field);
    BN_bn2binpad(exponent, out + 4 + field, field);
    BN_free(modulus);
    BN_free(exponent);
    EVP_PKEY_free(key);
    return said("ExportSignPublicKey_RSA", 0);
}

/* The key at `index` if the session may use it now; else *answer says why not. */
static PKEY *key_for_use(session_t *session, u32 index, const char *kind, u32 *answer) {
    u32 odd = setting("SDF_ODD", 0);
    PKEY *key = index < KEYS && session->open ? key_at(index, kind) : NULL;
    *answer = NO_SUCH_KEY;
    if (!key) return NULL;
    if (session->right[index] > 0 && !(odd && ++signatures % (int)odd == 0)) {
        session->right[index]--;
        return key;
    }
    *answer = session->right[index] > 0 ? BAD_ARGUMENT : setting("SDF_NO_RIGHT", BAD_ARGUMENT);
    EVP_PKEY_free(key);
    return NULL;
}

static size_t raw_signature(PKEY *key, int padding, const u8 *data, size_t size, u8 *out,
                            size_t room) {
    PKEY_CONTEXT *context = EVP_PKEY_CTX_new(key, NULL);
    EVP_PKEY_sign_init(context);
    if (padding) EVP_PKEY_CTX_set_rsa_padding(context, padding);
    if (EVP_PKEY_sign(context, out, &room, data, size) <= 0) room = 0;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    return room;
}

u32 SDF_InternalSign_ECC(void *session, u32 index, const u8 *digest, u32 size, u8 *out) {
    u32 field = setting("SDF_FIELD", 64), answer;
    u8 encoded[80];
    const u8 *at = encoded;
    ENTER("InternalSign_ECC");
    if (size != 32) return said("InternalSign_ECC", BAD_ARGUMENT);
    PKEY *key = key_for_use(session, index, "SM2", &answer);
    if (!key) return said("InternalSign_ECC", answer);
    size_t length = raw_signature(key, 0, digest, size, encoded, sizeof encoded);
    PAIR *pair = length ? d2i_ECDSA_SIG(NULL, &at, (long)length) : NULL;
    if (!pair) return said("InternalSign_ECC", NOT_SIGNED);
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), out, (int)field);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), out + field, (int)field);
    ECDSA_SIG_free(pair);
    if (getenv("SDF_BAD_SIGNATURE")) out[2 * field - 1] ^= 1;
    return said("InternalSign_ECC", 0);
}

u32 SDF_InternalPrivateKeyOperation_RSA(void *session, u32 index, const u8 *block, u32 size,
                                        u8 *out, u32 *out_size) {
    u32 answer;
    ENTER("InternalPrivateKeyOperation_RSA");
    PKEY *key = key_for_use(session, index, "RSA", &answer);
    if (!key) return said("InternalPrivateKeyOperation_RSA", answer);
    size_t length = raw_signature(key, NO_PADDING, block, size, out, *out_size);
    *out_size = (u32)length;
    return said("InternalPrivateKeyOperation_RSA", length ? 0 : NOT_SIGNED);
}

u32 SDF_ExternalVerify_ECC(void *session, u32 algorithm, const u8 *key, const u8 *digest, u32 size,
                           const u8 *signature) {
    static const u8 head[] = {0x30, 0x59, 0x30, 0x13, 6,    7,    0x2a, 0x86, 0x48,
                              0xce, 0x3d, 2,    1,    6,    8,    0x2a, 0x81, 0x1c,
                              0xcf, 0x55, 1,    0x82, 0x2d, 3,    0x42, 0,    4};
    u32 field = setting("SDF_FIELD", 64);
    u8 spki[sizeof head + 2 * COORDINATE], encoded[80], *end = encoded;
    const u8 *at = spki;
    ENTER("ExternalVerify_ECC");
    if (algorithm != (getenv("SDF_CARD") ? 0x00020100U : 0x00020200U) || !((session_t *)session)->open)
        return said("ExternalVerify_ECC", BAD_ARGUMENT);
    memcpy(spki, head, sizeof head);
    memcpy(spki + sizeof head, key + 4 + field - COORDINATE, COORDINATE);
    memcpy(spki + sizeof head + COORDINATE, key + 4 + 2 * field - COORDINATE, COORDINATE);
    PKEY *public_key = d2i_PUBKEY(NULL, &at, sizeof spki);
    if (!public_key) return said("ExternalVerify_ECC", BAD_ARGUMENT);
    PAIR *pair = ECDSA_SIG_new();
    ECDSA_SIG_set0(pair, BN_bin2bn(signature, (int)field, NULL),
                   BN_bin2bn(signature + field, (int)field, NULL));
    int length = i2d_ECDSA_SIG(pair, &end);
    ECDSA_SIG_free(pair);
    PKEY_CONTEXT *context = EVP_PKEY_CTX_new(public_key, NULL);
    EVP_PKEY_verify_init(context);
    int holds = EVP_PKEY_verify(context, encoded, (size_t)length, digest, size);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(public_key);
    return said("ExternalVerify_ECC", holds == 1 ? 0 : NOT_VERIFIED);
}

u32 SDF_HashInit(void *session, u32 algorithm, void *key, void *identity, u32 identity_size) {
    session_t *one = session;
    ENTER("HashInit");
    if (getenv("SDF_WITHOUT_SM3")) return said("HashInit", NOT_SUPPORTED);
    if (algorithm != 1 || key || identity || identity_size) return said("HashInit", BAD_ARGUMENT);
    one->hash = EVP_MD_CTX_new();
    EVP_DigestInit_ex(one->hash, EVP_sm3(), NULL);
    return said("HashInit", 0);
}

u32 SDF_HashUpdate(void *session, const u8 *data, u32 size) {
    session_t *one = session;
    ENTER("HashUpdate");
    if (!one->hash) return said("HashUpdate", OUT_OF_STEP);
    EVP_DigestUpdate(one->hash, data, size);
    return said("HashUpdate", 0);
}

u32 SDF_HashFinal(void *session, u8 *digest, u32 *size) {
    session_t *one = session;
    ENTER("HashFinal");
    if (!one->hash) return said("HashFinal", OUT_OF_STEP);
    EVP_DigestFinal_ex(one->hash, digest, size);
    EVP_MD_CTX_free(one->hash);
    one->hash = NULL;
    return said("HashFinal", 0);
}
