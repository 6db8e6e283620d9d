/* abbrev.c - abbreviations, and words that begin sentences */
#include "text/abbrev.h"

#include <string.h>

/* Rows of words between spaces. A row with a language that begins with '-' is for that
 * language alone: its words are words of others, too. */
static const struct row {
    const char *lang;
    enum abbrev_kind kind;
    const char *words;
} rows[] = {
    { "", ABBREV_BEFORE,
      " dr prof st vs cf ca e.g i.e z.b p.ex op.cit resp ing dipl " },
    { "", ABBREV_NUMBER,
      " no nr nº n° art vol vols p pp pag cap fig tab tel fax bd jan feb mar apr jun "
      "jul aug sep sept oct okt nov dec dez max min ext " },
    { "", ABBREV_MAYBE, " inc ltd corp co jr sr al " },
    { "en", ABBREV_BEFORE,
      " mr mrs ms messrs mx rev hon gen col maj capt cpt cmdr lt sgt cpl pvt adm gov "
      "sen rep pres supt insp mt ft viz approx dept univ assn attn asst esp incl "
      "fr ala ariz calif colo conn fla mich minn wis " },
    { "en", ABBREV_NUMBER,
      " nos figs sec secs ch chap chaps par para eq eqs ed eds ref refs app pt pts mon "
      "tue tues wed thu thur thurs fri " },
    { "en", ABBREV_MAYBE,
      " bros llc plc ph.d esq ave blvd rd hwy mfg dist a.m p.m a.k.a " },
    { "en", ABBREV_NAME, " yahoo jeopardy joomla " },
    { "de", ABBREV_BEFORE,
      " hr hrn frl bzw ggf vgl bspw sog evtl inkl exkl einschl zzgl abzgl allg bes "
      "betr "
      "d.h u.a s.o s.u i.d.r i.a o.ä u.ä z.t v.a m.e gem gegr geb gest hl hrsg insb "
      "insbes jew mind mtl n.chr v.chr phil rer nat med jur habil ständl stv urspr "
      "verh "
      "versch vorm vors wiss zit zzt bgm dgl kath griech engl frz dt ital russ " },
    { "-de", ABBREV_BEFORE, " fr ev lat span " },
    { "de", ABBREV_NUMBER, " abs abb abt anm aufl bl kap rn rdnr rz s ziff zif lfd " },
    { "de", ABBREV_MAYBE, " str mio mrd tsd jh jhd std gmbh ff " },
    { "fr", ABBREV_BEFORE, " m mm mme mmes mlle mlles mgr ste env n.b boul bvd gouv " },
    { "-fr", ABBREV_BEFORE, " me pr av " },
    { "fr", ABBREV_NUMBER, " janv févr avr juil déc éd réf chap " },
    { "es", ABBREV_BEFORE,
      " sra sres sras srta srtas dña dra dres ud uds vd vds excmo excma ilmo ilma lic "
      "gral cnel p.ej av avda dpto admr fdo ntra sto sta pbro ee.uu rr.hh ff.aa " },
    { "es", ABBREV_NUMBER, " núm pág págs ene abr dic tít " },
    { "pt", ABBREV_BEFORE,
      " sra srs sras srta dra drs dras profa exmo exma ilmo ilma enga v.ex v.exa v.sª "
      "av sto sta " },
    { "-pt", ABBREV_BEFORE, " ex eng gal cel pe fr " },
    { "pt", ABBREV_NUMBER, " núm pág págs fls n.º n.° tít fev abr cep " },
    { "-pt", ABBREV_NUMBER, " mai ago set out " },
    { "pt", ABBREV_MAYBE, " ltda cia s.a " },
    { "it", ABBREV_BEFORE,
      " sig sigg sig.ra sig.na dott dott.ssa avv geom egr gent spett prof.ssa s.e c.so "
      "p.zza v.le ad.es vd " },
    { "-it", ABBREV_BEFORE, " on es arch ill rag " },
    { "it", ABBREV_NUMBER, " pagg artt mag giu lug ott tav " },
    { "it", ABBREV_MAYBE, " s.p.a s.r.l srl " },
    { "nl", ABBREV_BEFORE,
      " dhr mw mevr mej drs bijv o.a d.w.z d.i t.o.v m.b.t i.v.m i.p.v zgn evt incl "
      "excl jl z.g " },
    { "-nl", ABBREV_BEFORE, " ir bv ds " },
    { "nl", ABBREV_NUMBER, " blz nrs hfst " },
    { "pl", ABBREV_BEFORE,
      " np tzn tzw tj mgr inż hab lek ul pl gen ppłk kpt ks św ang niem łac m.in " },
    { "-pl", ABBREV_BEFORE, " os por im ok al " },
    { "pl", ABBREV_NUMBER, " str rys poz ust pkt godz rozdz " },
    { "cs", ABBREV_BEFORE,
      " např tzv tj mj nám ul tř předn mgr ing judr mudr phdr rndr " },
    { "cs", ABBREV_NUMBER, " č str odst obr roč " },
    { "sv", ABBREV_BEFORE, " t.ex bl.a dvs resp fr.o.m t.o.m " },
    { "sv", ABBREV_NUMBER, " kl sid kap " },
    { "da", ABBREV_BEFORE, " f.eks bl.a dvs hhv ifm vedr hr pga " },
    { "da", ABBREV_NUMBER, " stk kl s " },
    { "no", ABBREV_BEFORE, " f.eks bl.a dvs hhv ifm vedr mht pga " },
    { "no", ABBREV_NUMBER, " kl s kap " },
    { "tr", ABBREV_BEFORE, " sn doç yrd av ör bkz alb yzb müh " },
    { "ru", ABBREV_BEFORE, " т.е ул проф акад доц г-н г-жа т.н ср пл пер обл " },
    { "ru", ABBREV_NUMBER, " стр рис ст гл п ч табл д кв см " },
    { "ru", ABBREV_MAYBE, " г гг в вв им тыс млн млрд руб коп " },
};

static const char starters[] =
    /* English */
    " the this that these those there then they their he his she her it its we our you "
    "your i'm in on at if as after before when while where who what why how which with "
    "without for from but and or so however although because since yet an all some any "
    "many most each both no not is are was were do does did can could would should may "
    "please also another one "
    /* German, French, Spanish, Portuguese, Italian, Dutch */
    "der die das den dem des ein eine einer es er sie wir ihr ich und aber doch wenn "
    "als auch nach mit bei im am für seit dies diese dieser "
    "le la les un une il elle ils elles nous vous je ce cette ces et mais dans pour "
    "el los las una unos lo ella ellos esto esta este estos su sus pero por para con "
    "en "
    "o os um uma ele ela eles elas isso isto essa esse seu sua mas ao aos na nos nas "
    "quando gli uno lui lei loro questo questa quello ma per nel nella "
    "de het een hij zij ze wij dit dat deze maar ook toen "
    /* Russian */
    "в и на он она они мы вы но это как если по для при ";

static const char ordinals[] =
    " de da no nb nn fi et is lv hu cs sk pl sl hr sr bs tr ";

static const char months[] = " januar jänner februar märz april mai juni juli august "
                             "september oktober november dezember ";

/* Is the word, between spaces, in the list? */
static int
has(const char *list, struct str word)
{
    char key[ABBREV_MAX + 3];

    if (word.n == 0 || word.n > ABBREV_MAX || memchr(word.p, ' ', word.n))
        return 0;
    key[0] = ' ';
    memcpy(key + 1, word.p, word.n);
    key[word.n + 1] = ' ';
    key[word.n + 2] = '\0';
    return strstr(list, key) != NULL;
}

static int
applies(const struct row *r, const char *lang)
{
    if (r->lang[0] == '\0')
        return 1;
    if (lang == NULL)
        return r->lang[0] != '-';
    return strncmp(r->lang + (r->lang[0] == '-'), lang, 2) == 0;
}

enum abbrev_kind
abbrev_find(struct str word, const char *lang)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (applies(&rows[i], lang) && has(rows[i].words, word))
            return rows[i].kind;
    return ABBREV_NONE;
}

int
abbrev_starter(struct str word)
{
    return has(starters, word);
}

int
abbrev_ordinal(const char *lang)
{
    return lang && has(ordinals, (struct str){ lang, strnlen(lang, 2) });
}

int
abbrev_month(struct str word)
{
    return has(months, word);
}
