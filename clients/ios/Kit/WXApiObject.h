/*
 * The requests that an app hands to WXApi, and the answers that its delegate gets (section 4; wire_facts 1.2, 4.4).
 * Names and types are those that apps compile against; what this kit does with each is said here.
 */

#import <Foundation/Foundation.h>
#import <stdint.h>

/* What may be nil, for clang and Swift's importer; gcc knows no such word. */
#ifdef __clang__
#define WX_NULLABLE _Nullable
#define WX_ARRAY_OF(item) NSArray<item *> *
#else
#define WX_NULLABLE
#define WX_ARRAY_OF(item) NSArray *
#endif

/* What a Swift app calls by its completion alone, as it always did: not to be imported as async too. */
#ifdef NS_SWIFT_DISABLE_ASYNC
#define WX_SWIFT_NO_ASYNC NS_SWIFT_DISABLE_ASYNC
#else
#define WX_SWIFT_NO_ASYNC
#endif

NS_ASSUME_NONNULL_BEGIN

/*
 * Texts are never nil, unless it is said: what is not known, or was set to nil, is read as the empty text.
 */

/* The values of errCode; a plain enum, as apps know it. */
enum WXErrCode {
    /* The user has authorized, or chosen. */
    WXSuccess = 0,
    /* Anything that has no other value, such as a page that cannot be answered any more. */
    WXErrCodeCommon = -1,
    /* The user has left the page; nothing is decided. */
    WXErrCodeUserCancel = -2,
    /* Of apps that ask for it; sendReq: says NO instead. */
    WXErrCodeSentFail = -3,
    /* The user has declined. */
    WXErrCodeAuthDeny = -4,
    /* Never used here. */
    WXErrCodeUnsupport = -5
};

/* What an app asks for: one of the classes below. */
@interface BaseReq : NSObject
{
@private
    int _type;
    NSString *_openID;
}
/* An app's own mark; the kit does not read it. */
@property (nonatomic, assign) int type;
/* The same. */
@property (nonatomic, copy) NSString *openID;
@end

/* What an app is told. */
@interface BaseResp : NSObject
{
@private
    int _errCode;
    NSString *_errStr;
    int _type;
}
/* A value of WXErrCode. */
@property (nonatomic, assign) int errCode;
/* Why it failed, in English, for the app's developers; empty: no more is known. */
@property (nonatomic, copy) NSString *errStr;
/* An app's own mark; the kit leaves it 0. */
@property (nonatomic, assign) int type;
@end

/* Opens the authorization page of an order. */
@interface WXInvoiceAuthInsertReq : BaseReq
{
@private
    NSString *_urlString;
}
/* The auth_url of getauthurl (section 2) for source app. */
@property (nonatomic, copy) NSString *urlString;
@end

/* How the user left the authorization page. Do not rely on it: ask your backend (section 7). */
@interface WXInvoiceAuthInsertResp : BaseResp
{
@private
    NSString *_wxOrderId;
}
/* The order_id of getauthurl; empty: the answer names none, and errCode is not 0. */
@property (nonatomic, copy) NSString *wxOrderId;
@end

/* Opens the picker: the user chooses invoices for the app's company. Your backend signs it with its wx_card ticket. */
@interface WXChooseInvoiceReq : BaseReq
{
@private
    NSString *_appID;
    uint32_t _shopID;
    NSString *_signType;
    NSString *_cardSign;
    uint32_t _timeStamp;
    NSString *_nonceStr;
}
/* The app's own appid, as it was registered; empty: that one. */
@property (nonatomic, copy) NSString *appID;
/* Not used: an invoice belongs to no shop. */
@property (nonatomic, assign) uint32_t shopID;
/* SHA1; nothing else opens the picker. */
@property (nonatomic, copy) NSString *signType;
/* The signature: 40 hexadecimal digits. */
@property (nonatomic, copy) NSString *cardSign;
/* Unix seconds, as they were signed. */
@property (nonatomic, assign) uint32_t timeStamp;
/* A random text, as it was signed. */
@property (nonatomic, copy) NSString *nonceStr;
@end

/* An invoice that the user has chosen. Your backend reads it with getinvoiceinfo. */
@interface WXInvoiceItem : NSObject
{
@private
    NSString *_cardId;
    NSString *_extMsg;
    uint32_t _cardState;
    NSString *_encryptCode;
    NSString *_appID;
}
/* The invoice's template. */
@property (nonatomic, copy) NSString *cardId;
/* Always nil: an invoice has no more to say. */
@property (nonatomic, copy) NSString *WX_NULLABLE extMsg;
/* 1, in the user's card holder, from where it was chosen. */
@property (nonatomic, assign) uint32_t cardState;
/* Names the invoice to the app's account, and to no other. */
@property (nonatomic, copy) NSString *encryptCode;
/* The account whose template the card is of. */
@property (nonatomic, copy) NSString *appID;
@end

/* What the user has chosen. */
@interface WXChooseInvoiceResp : BaseResp
{
@private
    NSArray *_cardAry;
}
/* WXInvoiceItem; empty unless errCode is 0. */
@property (nonatomic, retain) WX_ARRAY_OF(WXInvoiceItem) cardAry;
@end

NS_ASSUME_NONNULL_END
