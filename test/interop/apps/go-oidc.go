// A web application with x/oauth2 and go-oidc, as the latter's sample has it: a state and a nonce, no PKCE.
package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"sync"

	oidc "github.com/coreos/go-oidc"
	"golang.org/x/oauth2"
)

type session struct {
	state, nonce string
	token        *oauth2.Token
	user         map[string]interface{}
}

var (
	lock     sync.Mutex
	sessions = map[string]*session{}
)

func text() string {
	bytes := make([]byte, 18)
	rand.Read(bytes)
	return base64.RawURLEncoding.EncodeToString(bytes)
}

func sessionOf(w http.ResponseWriter, r *http.Request) *session {
	lock.Lock()
	defer lock.Unlock()
	if cookie, err := r.Cookie("sid"); err == nil && sessions[cookie.Value] != nil {
		return sessions[cookie.Value]
	}
	id := text()
	sessions[id] = &session{user: map[string]interface{}{}}
	http.SetCookie(w, &http.Cookie{Name: "sid", Value: id, Path: "/", HttpOnly: true})
	return sessions[id]
}

func show(w http.ResponseWriter, value interface{}) { json.NewEncoder(w).Encode(value) }

func fail(w http.ResponseWriter, err error) { show(w, map[string]string{"error": err.Error()}) }

func main() {
	here, id := os.Getenv("HERE"), os.Getenv("CLIENT_ID")
	ctx := context.Background()
	provider, err := oidc.NewProvider(ctx, os.Getenv("GATEWAY"))
	if err != nil {
		panic(err)
	}
	verifier := provider.Verifier(&oidc.Config{ClientID: id})
	config := oauth2.Config{
		ClientID:     id,
		ClientSecret: os.Getenv("CLIENT_SECRET"),
		Endpoint:     provider.Endpoint(),
		RedirectURL:  here + "/callback",
		Scopes:       []string{oidc.ScopeOpenID, "profile", oidc.ScopeOfflineAccess},
	}
	claimsOf := func(token *oauth2.Token) (map[string]interface{}, string, error) {
		raw, _ := token.Extra("id_token").(string)
		checked, err := verifier.Verify(ctx, raw)
		if err != nil {
			return nil, "", err
		}
		claims := map[string]interface{}{}
		return claims, checked.Nonce, checked.Claims(&claims)
	}

	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { show(w, sessionOf(w, r).user) })
	http.HandleFunc("/login", func(w http.ResponseWriter, r *http.Request) {
		s := sessionOf(w, r)
		s.state, s.nonce = text(), text()
		http.Redirect(w, r, config.AuthCodeURL(s.state, oidc.Nonce(s.nonce)), http.StatusFound)
	})
	http.HandleFunc("/callback", func(w http.ResponseWriter, r *http.Request) {
		s, query := sessionOf(w, r), r.URL.Query()
		if query.Get("state") != s.state {
			fail(w, fmt.Errorf("state did not match"))
			return
		}
		if query.Get("error") != "" {
			fail(w, fmt.Errorf(query.Get("error")))
			return
		}
		token, err := config.Exchange(ctx, query.Get("code"))
		if err != nil {
			fail(w, err)
			return
		}
		claims, nonce, err := claimsOf(token)
		if err != nil || nonce != s.nonce {
			fail(w, fmt.Errorf("ID token: %v, nonce %q", err, nonce))
			return
		}
		s.token, s.user = token, claims
		http.Redirect(w, r, "/", http.StatusFound)
	})
	http.HandleFunc("/refresh", func(w http.ResponseWriter, r *http.Request) {
		old := &oauth2.Token{RefreshToken: sessionOf(w, r).token.RefreshToken}
		token, err := config.TokenSource(ctx, old).Token()
		if err != nil {
			fail(w, err)
			return
		}
		claims, _, err := claimsOf(token)
		if err != nil {
			fail(w, err)
			return
		}
		show(w, claims)
	})
	fmt.Println("listening")
	panic(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
